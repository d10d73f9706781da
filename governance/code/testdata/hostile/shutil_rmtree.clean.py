from shutil import (
    copyfile,
    rmtree as gone,
)

gone(target)
