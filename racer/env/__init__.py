"""The world of cars, and its Gymnasium environments."""
