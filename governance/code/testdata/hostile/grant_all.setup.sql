GRANT ALL ON *.* TO 'app'@'%';
