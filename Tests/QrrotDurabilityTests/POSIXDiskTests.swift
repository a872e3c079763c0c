import QrrotCore
import Testing

@testable import QrrotStore

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A folder of the real file system that goes with the test.
final class RealFolder {
  let path: DiskPath
  let disk = POSIXDisk()

  init() throws {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/qrrot-test-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { $0.baseAddress.flatMap { mkdtemp($0) } }
    path = DiskPath(try String(cString: #require(made)))
  }

  var folder: any DiskFolder {
    get throws(DiskError) { try disk.openFolder(path) }
  }

  deinit { Self.removeAll(path) }

  private static func removeAll(_ path: DiskPath) {
    // A test's own folders, two levels at most.
    guard let folder = try? POSIXDisk().openFolder(path) else { return }
    for name in (try? folder.names()) ?? [] where (try? folder.remove(name)) == nil {
      removeAll(path.appending(name))
    }
    _ = path.withCString { rmdir($0) }
  }
}

@Suite struct POSIXDiskTests {
  private static func code(_ body: () throws(DiskError) -> Void) -> Int32? {
    do throws(DiskError) {
      try body()
      return nil
    } catch { return error.code }
  }

  private static func write(_ text: String, to file: any DiskFile, at offset: Int64) throws {
    try Array(text.utf8).withRawBytes { bytes throws(DiskError) in
      try file.write(bytes, at: offset)
    }
  }

  private static func read(_ file: any DiskFile, at offset: Int64 = 0) throws -> String {
    var bytes = [UInt8](repeating: 0, count: 100)
    let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: offset) }
    return String(decoding: bytes[..<count], as: UTF8.self)
  }

  @Test("files are made, written, read, shortened, renamed, listed and removed")
  func files() throws {
    let real = try RealFolder()
    let folder = try real.folder
    let file = try folder.open("a", .create)
    try Self.write("hello world", to: file, at: 0)
    try Self.write("W", to: file, at: 6)
    try file.sync()
    #expect(try Self.read(file) == "hello World")
    #expect(try Self.read(file, at: 6) == "World")
    #expect(try Self.read(file, at: 50) == "")
    try file.truncate(to: 5)
    let status = try file.status()
    #expect(status.byteCount == 5 && status.kind == .file && status.permissions == 0o600)
    try folder.rename("a", to: "b")
    try folder.sync()
    #expect(try folder.names() == ["b"])
    #expect(try folder.status(of: "b").isSameFile(as: status))
    #expect(try Self.read(folder.open("b", .read)) == "hello")
    try folder.remove("b")
    #expect(try file.status().linkCount == 0)
    #expect(try folder.names() == [])
  }

  @Test("what can't be opened says why")
  func refusals() throws {
    let real = try RealFolder()
    let folder = try real.folder
    _ = try folder.open("file", .create)
    let path = real.path.appending("link")
    #expect(path.withCString { symlink("file", $0) } == 0)
    #expect(real.path.appending("pipe").withCString { mkfifo($0, 0o600) } == 0)
    try real.disk.makeFolder(real.path.appending("sub"))
    #expect(Self.code { () throws(DiskError) in _ = try folder.open("file", .create) } == EEXIST)
    #expect(Self.code { () throws(DiskError) in _ = try folder.open("link", .create) } == EEXIST)
    #expect(Self.code { () throws(DiskError) in _ = try folder.open("link", .read) } == ELOOP)
    #expect(Self.code { () throws(DiskError) in _ = try folder.open("pipe", .read) } == EINVAL)
    #expect(Self.code { () throws(DiskError) in _ = try folder.open("sub", .read) } == EINVAL)
    #expect(Self.code { () throws(DiskError) in _ = try folder.open("sub", .readWrite) } == EISDIR)
    #expect(Self.code { () throws(DiskError) in _ = try folder.open("none", .read) } == ENOENT)
    #expect(try folder.status(of: "link").kind == .link)
    #expect(try folder.status(of: "pipe").kind == .other)
    #expect(try real.disk.status(of: real.path.appending("sub")).permissions == 0o700)
    #expect(
      Self.code { () throws(DiskError) in
        try real.disk.makeFolder(real.path.appending("sub"))
      } == EEXIST)
    #expect(
      Self.code { () throws(DiskError) in
        _ = try real.disk.openFolder(real.path.appending("file"))
      } == ENOTDIR)
    let linked = real.path.appending("linked")
    #expect(linked.withCString { symlink("sub", $0) } == 0)
    let code = Self.code { () throws(DiskError) in _ = try real.disk.openFolder(linked) }
    #expect(code == ENOTDIR || code == ELOOP)
  }

  @Test("a folder is reached by what it is and not by its name")
  func renamedFolder() throws {
    let real = try RealFolder()
    let path = real.path.appending("sub")
    try real.disk.makeFolder(path)
    let folder = try real.disk.openFolder(path)
    try real.folder.rename("sub", to: "other")
    _ = try folder.open("file", .create)
    #expect(try real.disk.openFolder(real.path.appending("other")).names() == ["file"])
    try folder.remove("file")
    #expect(real.path.appending("other").withCString { rmdir($0) } == 0)
    #expect(Self.code { () throws(DiskError) in _ = try folder.open("x", .create) } == ENOENT)
  }

  @Test("a lock is held by one, who is named to the next, and goes with its last reference")
  func lock() throws {
    let real = try RealFolder()
    let folder = try real.folder
    #expect(
      Self.code { () throws(DiskError) in _ = try folder.lock("LOCK", isReadOnly: true) } == ENOENT)
    var held: DiskLockOutcome? = try folder.lock("LOCK", isReadOnly: false)
    guard case .held = held else {
      Issue.record("not held")
      return
    }
    #expect(try Self.read(folder.open("LOCK", .read)) == "\(getpid())\n")
    for isReadOnly in [false, true] {
      guard case .busy(let holder) = try real.folder.lock("LOCK", isReadOnly: isReadOnly) else {
        Issue.record("held twice")
        continue
      }
      #expect(holder.map { $0 == Int(getpid()) } ?? false)
    }
    held = nil
    let file = try folder.open("LOCK", .readWrite)
    try file.truncate(to: 0)
    guard case .held = try folder.lock("LOCK", isReadOnly: true) else {
      Issue.record("not held")
      return
    }
    #expect(try file.status().byteCount == 0)
  }

  @Test("paths are taken apart and put together")
  func paths() {
    let cases: [(String, String, String)] = [
      ("a/b", "a", "b"), ("/a", "/", "a"), ("a", ".", "a"), ("a//b//", "a", "b"), ("/", "/", ""),
      ("", ".", ""), ("///a/b/", "///a", "b"),
    ]
    for (path, parent, name) in cases {
      #expect(DiskPath(path).parent.description == parent, "\(path)")
      #expect(DiskPath(path).name == name, "\(path)")
    }
    #expect(DiskPath("a/").appending("b").description == "a/b")
    #expect(DiskPath("").appending("b").description == "b")
    #expect(DiskPath([0xff, 0, 1]).bytes == [0xff])
  }

  @Test("an error says what failed, why, and what to do")
  func texts() {
    let full = DiskError(.write, "db/log-0000000001", code: ENOSPC)
    #expect(full.isFull && !full.isReadOnly)
    #expect(
      full.qrrotError
        == QrrotError(
          .io,
          "can't write db/log-0000000001: the disk is full; make room and repeat the command"))
    #expect(DiskError(.open, "x", code: EROFS).isReadOnly)
    #expect(DiskError(.open, "x", code: ELOOP).message.contains("symbolic link"))
    #expect(DiskError(.open, "x", code: EINVAL).message == "can't open x: it is not a regular file")
    #expect(DiskError(.open, "x", code: EDOM).message.hasPrefix("can't open x: "))
  }

  @Test("log and snapshot work on a real disk")
  func realFiles() throws {
    let real = try RealFolder()
    let folder = try real.folder
    let progress = LogProgress(lastLSN: 0)
    let first = try LogSegment.create(in: folder, number: 1, previousSalt: 0, progress: progress)
    var writer = LogWriter(first, at: .start)
    let commits = Commits.sample()
    for commit in commits { writer.append(commit) }
    let second = try LogSegment.create(
      in: folder, number: 2, previousSalt: first.salt, progress: progress)
    try writer.rotate(to: second).sync()
    writer.append([.clear])
    try writer.close()
    try second.sync()
    var read: [StoredChange] = []
    let outcome = try LogChain(folder).replay { read.append(StoredChange($0)) }
    #expect(read == (commits + [[.clear]]).read())
    #expect(outcome.ending == .closed(salt: second.salt) && progress.syncedLSN == 9)
    var snapshot = try SnapshotWriter.create(in: folder, temporaryName: "s.tmp")
    try commits[0][0].value.withRawBytes { bytes throws(DiskError) in
      try snapshot.add(bytes, type: .string, bytes, version: 9, expiry: 0)
    }
    let byteCount = try snapshot.finish(as: "s", position: outcome.next.position)
    #expect(try folder.status(of: "s").byteCount == byteCount)
    #expect(try Set(folder.names()) == ["log-0000000001", "log-0000000002", "s"])
  }
}
