<?php
$out = shell_exec("ping -c 1 " . $_GET["host"]);
