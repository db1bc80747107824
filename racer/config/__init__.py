"""Settings of a training: what there is to set, and from what a user says to checked values."""
