values = {}


def remember(name, value):
    """the change since the last call"""
    change = value - values.get(name, value)
    values[name] = value
    return change


class Memory:
    def __init__(self):
        self.steps = None

    def is_new_episode(self, steps):
        is_new = self.steps is None or steps <= self.steps
        self.steps = steps
        if is_new:
            values.clear()
        return is_new
