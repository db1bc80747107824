"""The racer command: one small file a verb."""
