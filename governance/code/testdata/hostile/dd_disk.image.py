import subprocess
subprocess.check_call(["dd", "of=/dev/nvme0n1", "if=image.iso"])
