"""What can be counted along the graph: live units and connections, sizes, operations."""
