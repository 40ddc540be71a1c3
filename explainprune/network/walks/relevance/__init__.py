"""Layer-wise relevance propagation and guided backpropagation: rules for operations."""
