"""What `pruning_page.py` is made of: tables and figures."""
