import Foundation
import QrrotTesting
import Testing

/// The program between pipes that stay open, close, or are cut off, and with signals.
@Suite("Pipes and signals", .serialized)
struct PipeTests {
  @Test("a reply comes while the pipe stays open, also behind half a command")
  func replies() throws {
    let run = try RunningProgram([])
    run.write("put a 1\n")
    #expect(run.waitForOutput("OK\n"))
    run.write("get a\nput b \"half")
    #expect(run.waitForOutput("OK\n1\n"))
    run.write(" of it\"\nget b\nput c {\"x\": [1,\n")
    #expect(run.waitForOutput("half of it\n"))
    run.write("2]}\nget c\n")
    #expect(run.waitForOutput("{\"x\":[1,2]}\n"))
    run.closeInput()
    #expect(run.waitForEnd().status == 0)
  }

  @Test("errors and replies come in the order of their commands")
  func order() throws {
    let result = try Program.run(
      ["--keep-going"], input: Array("size\nx\nput a 1\ny\nget a\n".utf8), joinsErrors: true)
    let starts = result.outputLines.map { $0.prefix(8) }
    #expect(starts == ["0", "-:2: err", "OK", "-:4: err", "1"])
  }

  @Test("a reader that goes away ends the program quietly with 0")
  func closedOutput() throws {
    let folder = try Folder()
    let puts = (0..<3_000).map { "put key:\($0) 'a value to fill the pipe'\n" }.joined()
    try folder.write(puts + String(repeating: "all\n", count: 20), to: "file")
    let script = "{ \"$0\" -f file; echo \"status $?\" >&2; } | head -n 1"
    let run = try RunningProgram(
      ["-c", script, Program.url.path], in: folder, executable: URL(fileURLWithPath: "/bin/sh"))
    run.closeInput()
    let result = run.waitForEnd()
    #expect(result.outputText == "OK\n")
    #expect(result.errorText == "status 0\n")
  }

  @Test(
    "a signal ends a run that waits for input, with what was answered and 128 + its number",
    arguments: [(SIGTERM, 143), (SIGHUP, 129), (SIGINT, 130)] as [(Int32, Int32)])
  func signals(signal: Int32, status: Int32) throws {
    let run = try RunningProgram([])
    run.write("put a 1\nbegin\nput b 2\nput c \"half")
    #expect(run.waitForOutput("OK\nOK\nOK\n"))
    run.send(signal)
    let result = run.waitForEnd()
    #expect(result.status == status)
    #expect(result.outputText == "OK\nOK\nOK\n")
    #expect(result.errorText.contains("the open transaction was dropped"))
  }

  @Test(
    "a signal ends a long run after the command at hand",
    arguments: [(SIGTERM, 143), (SIGINT, 130)] as [(Int32, Int32)])
  func signalsWhileBusy(signal: Int32, status: Int32) throws {
    let run = try RunningProgram([])
    // Without an end, or it might be over before the signal comes.
    run.writeWithoutEnd(String(repeating: "incr a\nget a\n", count: 1_000))
    #expect(run.waitForOutput("1\n1\n2\n2\n"))
    run.send(signal)
    let result = run.waitForEnd()
    #expect(result.status == status)
    #expect(result.errorText == "")
    #expect(result.output.last == 0x0A, "no reply is cut")
  }

  /// No whole command ever comes, so the place where signals were looked at was never reached.
  @Test("a signal ends a run that reads a line without an end")
  func signalInAnEndlessLine() throws {
    let run = try RunningProgram(["-c", "put a 1", "-f", "/dev/zero"])
    #expect(run.waitForOutput("OK\n"))
    run.send(SIGTERM)
    #expect(run.waitForEnd().status == 143)
  }

  /// SIGTERM woke the wait, which looked for Ctrl-C alone and waited again, at full speed; what unpacks
  /// gzip read on without any look.
  @Test(
    "a signal ends an import that waits for more of a pipe, packed or not",
    arguments: [(SIGTERM, 143), (SIGHUP, 129), (SIGINT, 130)] as [(Int32, Int32)],
    [Array("{\"id\":1".utf8), [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3], [0x1F]] as [[UInt8]])
  func signalsInAnImport(ending: (signal: Int32, status: Int32), start: [UInt8]) throws {
    let run = try RunningProgram(["-c", "size", "-c", "import - --format jsonl --key id"])
    run.write(start)
    #expect(run.waitForOutput("0\n"))
    // A signal is to end it before the wait as well as in it; the wait, which it has come to by then on
    // all but the busiest machines, is where it did not.
    Thread.sleep(forTimeInterval: 0.3)
    run.send(ending.signal)
    #expect(run.waitForEnd().status == ending.status)
  }

  /// Opening it waited for a writer, and no signal but SIGKILL ended that.
  @Test(
    "a signal ends a run on a named pipe that nobody writes to",
    arguments: [(SIGTERM, 143), (SIGINT, 130)] as [(Int32, Int32)],
    [["-c", "size", "-f", "pipe"], ["-c", "size", "-c", "import pipe --format csv"]])
  func signalsOnANamedPipe(
    ending: (signal: Int32, status: Int32), arguments: [String]
  ) throws {
    let folder = try Folder()
    #expect(mkfifo(folder.url.appendingPathComponent("pipe").path, 0o600) == 0)
    let run = try RunningProgram(arguments, in: folder)
    #expect(run.waitForOutput("0\n"))
    Thread.sleep(forTimeInterval: 0.3)
    run.send(ending.signal)
    #expect(run.waitForEnd().status == ending.status)
  }

  @Test("a named pipe is read to its end, however late its writer comes")
  func namedPipe() throws {
    let folder = try Folder()
    #expect(mkfifo(folder.url.appendingPathComponent("pipe").path, 0o600) == 0)
    let script = """
      (sleep 0.3; printf 'key,value\\na,' ; sleep 0.3; printf '1\\n') > pipe &
      "$0" -c 'import pipe --format csv' -c all
      (sleep 0.3; echo 'put b 2'; sleep 0.3; echo 'get b') > pipe &
      "$0" -f pipe
      """
    let run = try RunningProgram(
      ["-c", script, Program.url.path], in: folder, executable: URL(fileURLWithPath: "/bin/sh"))
    run.closeInput()
    let result = run.waitForEnd()
    #expect(result.outputText == "imported\t1\nreplaced\t0\nskipped\t0\na\tint\t1\nOK\n2\n")
    #expect(result.status == 0)
  }

  @Test("standard output that can't be written is an error and status 1")
  func fullDevice() throws {
    guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
    let run = try RunningProgram(
      ["-c", "exec \"$0\" -c 'size' > /dev/full", Program.url.path],
      executable: URL(fileURLWithPath: "/bin/sh"))
    run.closeInput()
    let result = run.waitForEnd()
    #expect(result.status == 1)
    #expect(result.errorText.contains("error[io]: "))
  }

  /// The program's own descriptors must not take the places of closed ones.
  @Test(
    "closed standard descriptors do no harm",
    arguments: ["-c size >&-", "-c size <&-", "-c nope 2>&-", "<&-", "<&- >&- 2>&-", "-f - <&-"])
  func closedDescriptors(redirection: String) throws {
    let run = try RunningProgram(
      ["-c", "exec \"$0\" \(redirection)", Program.url.path],
      executable: URL(fileURLWithPath: "/bin/sh"))
    run.closeInput()
    #expect(run.waitForEnd().status <= 1)
  }
}
