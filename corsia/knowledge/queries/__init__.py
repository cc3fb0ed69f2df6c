"""What others read of knowledge."""
