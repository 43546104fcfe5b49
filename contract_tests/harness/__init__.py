"""What the tests share: the contract read a second time, a checking client, server processes, people."""
