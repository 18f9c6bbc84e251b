"""A sweep whose process dies, whose disk fails, whose machine loses power.

`fake` is a sweep that uses the store alone, `children` runs it in processes that can be
killed, `calls` watches what it does to the disk or lets that fail, and `disk` is what a
disk may hold after a loss of power.
"""
