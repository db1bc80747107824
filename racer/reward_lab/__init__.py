"""What a reward function will teach, without training: check, line-up, map, replay."""
