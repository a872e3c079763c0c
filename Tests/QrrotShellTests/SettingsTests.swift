import QrrotCore
import QrrotShell
import Testing

/// Flags win over the environment, which wins over the configuration file; what is unknown is an
/// error.
@Suite("Settings")
struct SettingsTests {
  private let lines = ["-c", "put 'a,b' 1\nkeys"]

  @Test("the environment's settings count, and flags win over them")
  func environment() throws {
    let csv = try Program.run(lines, environment: ["QRROT_OUTPUT": "csv"])
    #expect(csv.outputText == "OK\nkey\n\"a,b\"\n")
    let json = try Program.run(lines + ["--output", "json"], environment: ["QRROT_OUTPUT": "csv"])
    #expect(json.outputText == "\"OK\"\n[\"a,b\"]\n")
    for value in ["1", "true"] {
      let refused = try Program.run(lines, environment: ["QRROT_READ_ONLY": value])
      #expect(refused.status == 1 && refused.errorText.contains("error[read-only]"))
    }
    #expect(try Program.run(lines, environment: ["QRROT_READ_ONLY": "false"]).status == 0)
    let going = try Program.run(["-c", "x\nsize"], environment: ["QRROT_KEEP_GOING": "true"])
    #expect(going.status == 1 && going.outputText == "0\n")
  }

  @Test("the file's settings count: --config, QRROT_CONFIG, the one of XDG_CONFIG_HOME, of HOME")
  func file() throws {
    let folder = try Folder()
    let path = try folder.write(
      "# mine\n\n output = json \r\nkeep-going=true\n", to: "qrrot/config")
    try folder.write("output = json", to: ".config/qrrot/config")
    let home = folder.path
    for (arguments, environment) in [
      (["--config", path], [:]), ([], ["QRROT_CONFIG": path]), ([], ["XDG_CONFIG_HOME": home]),
      ([], ["HOME": home]), (["--config", path], ["QRROT_CONFIG": home + "/none"]),
    ] {
      let result = try Program.run(lines + arguments, environment: environment)
      #expect(result.outputText == "\"OK\"\n[\"a,b\"]\n", "\(arguments) \(environment)")
    }
    let won = try Program.run(lines + ["--config", path], environment: ["QRROT_OUTPUT": "csv"])
    #expect(won.outputText == "OK\nkey\n\"a,b\"\n", "the environment wins over the file")
    let none = try Program.run(
      lines, environment: ["XDG_CONFIG_HOME": home + "/none", "HOME": home])
    #expect(none.outputText == "OK\na,b\n", "a default file may be missing")
  }

  @Test(
    "an unknown setting or value is an error with status 2, and nothing runs",
    arguments: [
      ("QRROT_OUTPT", "json"), ("QRROT_OUTPUT", "xml"), ("QRROT_READ_ONLY", "yes"), ("QRROT_", ""),
      ("QRROT_YES", "1"), ("QRROT_KEEP_GOING", ""), ("QRROT_CONFIG", "/no/such/file"),
    ])
  func unknownVariables(name: String, value: String) throws {
    let result = try Program.run(lines, environment: [name: value])
    #expect(result.status == 2)
    #expect(result.outputText == "")
    #expect(result.errorText.hasPrefix("error["))
  }

  @Test(
    "an unknown line of the file is an error with its place and status 2",
    arguments: [
      "outptu = json", "output = xml", "output", "yes = true", "= json", "read-only = maybe",
    ])
  func unknownLines(line: String) throws {
    let folder = try Folder()
    let path = try folder.write("# first\n\(line)\n", to: "config")
    let result = try Program.run(lines + ["--config", path])
    #expect(result.status == 2)
    #expect(result.outputText == "")
    #expect(result.errorText.hasPrefix("error[syntax]: \(path):2: "), "\(result.errorText)")
  }

  @Test("a setting that is nearly right is suggested")
  func suggestions() {
    for (name, suggestion) in [
      ("outptu", "output"), ("readonly", "read-only"), ("no-colour", "no-color"),
    ] {
      var settings = Settings()
      let error = #expect(throws: QrrotError.self) { try settings.set(name, to: "x", at: "here") }
      #expect(error?.message.contains("did you mean \(suggestion)?") == true)
    }
  }

  @Test("a file longer than is read is an error, not cut in the middle")
  func longFile() throws {
    let folder = try Folder()
    let comments = String(repeating: "# a comment that fills the file\n", count: 4_000)
    let path = try folder.write(comments + "output = json\n", to: "config")
    let result = try Program.run(lines + ["--config", path])
    #expect(result.status == 2 || result.outputText == "\"OK\"\n[\"a,b\"]\n")
  }
}
