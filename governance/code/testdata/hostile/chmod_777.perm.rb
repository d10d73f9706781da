FileUtils.chmod(0777, "public")
