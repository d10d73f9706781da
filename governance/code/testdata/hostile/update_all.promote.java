class A {
  void f(Statement s) throws Exception {
    s.execute("UPDATE users SET role = 'admin'");
  }
}
