"""Side by side with what one would write without us, on the same data: ratios, not times, are what to compare.

`make bench` writes the demo county and prints one line for each stage.
"""
