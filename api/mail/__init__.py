"""The text of every mail, one folder each: `subject.txt`, `body.txt` and `body.html`, and the frame around
the HTML; and how a message is made of them.
"""
