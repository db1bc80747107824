"""What learns: vanilla policy gradient, and Stable-Baselines3's algorithms."""
