int main(void) {
  /*‮ } if (admin) { */
  return 0;
}
