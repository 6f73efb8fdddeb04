select value > 0
