"""What several tests build with."""
