"""What `calibration.py` is made of: pairs with planted truth, the rule, runs that go on, a page."""
