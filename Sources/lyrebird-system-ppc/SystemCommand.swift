/// `lyrebird-system-ppc`: options, assembly, run.
enum SystemCommand {
  static func main() {}
}
