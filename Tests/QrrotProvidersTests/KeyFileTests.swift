import Foundation
import QrrotAgent
import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotProviders

/// A folder for one test.
final class ScratchFolder {
  let path = NSTemporaryDirectory() + "qrrot-providers-" + UUID().uuidString

  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String, _ text: String = "", mode: Int = 0o600) -> String {
    let file = path + "/" + name
    _ = FileManager.default.createFile(
      atPath: file, contents: Data(text.utf8), attributes: [.posixPermissions: mode])
    return file
  }
}

@Suite("Key files")
struct KeyFileTests {
  @Test("the key is what stands in the file, without the line break behind it")
  func key() throws {
    let folder = try ScratchFolder()
    #expect(try KeyReading.key(inFile: folder.file("a", " abc-123 \r\n")) == Secret("abc-123"))
    #expect(try KeyReading.key(inFile: folder.file("b", "x", mode: 0o400)) == Secret("x"))
  }

  @Test("a file that others may open, a link, a pipe, a folder and an empty file are refused")
  func refused() throws {
    let folder = try ScratchFolder()
    let good = folder.file("good", "abc")
    let link = folder.path + "/link"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: good)
    let pipe = folder.path + "/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    for (file, words) in [
      (folder.file("open", "abc", mode: 0o644), "chmod 600"),
      (folder.file("group", "abc", mode: 0o620), "chmod 600"),
      (link, "symbolic link"), (pipe, "not a regular file"), (folder.path, "not a regular file"),
      (folder.file("empty", "\n"), "holds no key"),
      (folder.file("large", String(repeating: "x", count: 5_000)), "too large"),
      (folder.file("lines", "abc\ndef"), "holds a blank"),
    ] {
      let error = #expect(throws: QrrotError.self) { try KeyReading.key(inFile: file) }
      #expect(error?.code == .refused)
      #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }
    let error = #expect(throws: QrrotError.self) {
      try KeyReading.key(inFile: folder.path + "/absent")
    }
    #expect(error?.code == .io)
  }

  @Test("a key out of a file is sent, and counts as a secret; whose it is has to be said")
  func use() async throws {
    let folder = try ScratchFolder()
    let file = folder.file("key", "file-key-123\n")
    let server = try await SceneServer([SceneServer.turn(try Asking.scene("anthropic/ok"))])
    var configuration = Asking.configuration(.anthropic, server)
    configuration.keyFile = file
    let directory = Asking.directory()
    let heard = await Asking.hear(try await Asking.model(directory, configuration))
    #expect(heard.isFinished)
    #expect(server.requests.first?.header("x-api-key") == "file-key-123")
    #expect(directory.secrets(configuration).contains(Secret("file-key-123")))
    await server.stop()
    configuration = ModelConfiguration()
    configuration.keyFile = file
    let error = await #expect(throws: QrrotError.self) {
      try await Asking.directory().select(configuration)
    }
    #expect(error?.message.contains("whose key") == true)
  }
}
