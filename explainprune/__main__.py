"""``python -m explainprune``."""

from explainprune.cli import main

if __name__ == "__main__":
    main()
