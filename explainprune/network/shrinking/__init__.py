"""Rebuilding a Keras model physically smaller.

`read_graph` lists the calls of a model; `trace` follows units through them; `plan_removal` decides
which can go; `rebuild` carries it out. The plan touches nothing and can be read before it is used.
"""
