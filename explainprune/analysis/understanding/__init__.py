"""A network small enough to be read: its functions drawn, written out, and cut to one class."""
