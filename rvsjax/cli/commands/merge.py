"""placeholder"""

ABOUT = "x"


def add_options(parser):
    pass


def run(arguments):
    return 0
