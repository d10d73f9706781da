import java.nio.file.*;

class Main {
    public static void main(String[] args) throws Exception {
        String key = System.getenv("API_KEY");
        System.out.println("eval(x) is only a text: " + Files.readString(Path.of(args[0])));
        Process p = new ProcessBuilder("git", "status").start();
    }
}
