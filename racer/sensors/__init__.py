"""What the car observes."""
