class A { private static final String DB_PASSWORD = "s3cr3t-Pa55"; }
