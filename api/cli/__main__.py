"""`python -m api.cli`, which `scripts/admin` runs."""

from api.cli.program import main

if __name__ == "__main__":
    main()
