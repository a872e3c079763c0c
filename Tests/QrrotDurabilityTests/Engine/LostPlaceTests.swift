import QrrotCore
import QrrotTesting
import Testing

@testable import QrrotStore

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What others do to the files of an open database, on the real disk.
@Suite("A database whose files somebody else takes")
struct LostPlaceTests {
  private let real: RealFolder
  private let path: DiskPath

  init() throws {
    real = try RealFolder()
    path = real.path.appending("data")
  }

  private func open() throws -> LocalEngine {
    try LocalEngine.open(path, on: POSIXDisk()).engine
  }

  private func code(_ body: () throws -> Void) -> QrrotError.Code? {
    do {
      try body()
      return nil
    } catch { return (error as? QrrotError)?.code }
  }

  @Test(
    "once the lock file is gone, two can't write: the first finds the other's commits and stops")
  func withoutLock() throws {
    var session = Session()
    let first = try open()
    try first.put("a", "1", in: &session)
    try real.disk.openFolder(path).remove(DatabaseFolder.lockName)
    let second = try open()
    var other = Session()
    try second.put("b", "2", in: &other)
    try second.settle(&other)
    #expect(code { try first.put("c", "3", in: &session) } == .io)
    #expect(code { try first.put("c", "3", in: &session) } == .readOnly)
    #expect(first.text(of: "a") == "1")
    try second.put("d", "4", in: &other)
    try? first.close()
    try second.close()
    let found = try open()
    #expect(["a", "b", "c", "d"].map { found.text(of: $0) } == ["1", "2", nil, "4"])
    try found.close()
  }

  @Test("a folder that has another name now takes no more writes, and keeps what it was given")
  func renamedFolder() throws {
    var session = Session()
    let engine = try open()
    try engine.put("a", "1", in: &session)
    try real.folder.rename("data", to: "moved")
    #expect(code { try engine.put("b", "2", in: &session) } == .io)
    #expect(code { try engine.put("b", "2", in: &session) } == .readOnly)
    #expect(engine.text(of: "a") == "1")
    // Another one may take its place meanwhile.
    let other = try open()
    try other.close()
    try? engine.close()
    let moved = try LocalEngine.open(real.path.appending("moved"), on: POSIXDisk()).engine
    #expect(moved.text(of: "a") == "1" && moved.text(of: "b") == nil)
    try moved.close()
  }

  @Test("a snapshot that is gone is named, not the logs that it had replaced")
  func lostSnapshot() throws {
    var session = Session()
    let engine = try open()
    try engine.put("a", "1", in: &session)
    try engine.save()
    try engine.close()
    try real.disk.openFolder(path).remove("snapshot-0000000002")
    do {
      _ = try open()
      Issue.record("it opened")
    } catch let error as QrrotError {
      #expect(error.code == .corrupt && error.message.contains("snapshot-0000000002"))
    }
  }
}
