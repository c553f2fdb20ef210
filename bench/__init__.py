"""What a request costs: the floor, our flows, and the ratio of the two, measured in one run on one machine."""
