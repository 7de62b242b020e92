"""What happens at each step of a training beside the step itself."""
