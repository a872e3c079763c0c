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

@Suite struct FailedSyncTests {
  private var session = Session()
  private var reply = Reply()

  private mutating func run(
    _ name: CommandName, _ key: String, _ value: String? = nil, on engine: LocalEngine
  ) throws(QrrotError) -> String {
    var command = Command(name)
    command.append(.key, Array(key.utf8))
    if let value { command.append(.string(Array(value.utf8))) }
    try engine.execute(command, in: &session, into: &reply)
    try engine.settle(&session)
    return reply.cells.first.map { String(decoding: reply.content(of: $0), as: UTF8.self) } ?? ""
  }

  // `make crash SUITE=sync` found that every read after a failed sync was `unknown-outcome`, because
  // what it saw could not be made durable: a database that is read-only was of no use even for that.
  @Test("a failed sync is told once; reads go on, and writes are read-only")
  mutating func readsGoOn() throws {
    let disk = TestDisk(folder: testFolder)
    let (engine, _) = try LocalEngine.open(DiskPath(Array(testFolder.utf8)), on: disk)
    _ = try run(.put, "a", "1", on: engine)
    disk.failAll(.sync, with: EIO)
    #expect(
      code { () throws(QrrotError) in try run(.put, "b", "2", on: engine) } == .unknownOutcome)
    for _ in 0..<3 {
      #expect(try run(.get, "a", on: engine) == "1")
      #expect(try run(.get, "b", on: engine) == "2")
      #expect(code { () throws(QrrotError) in try run(.put, "c", "3", on: engine) } == .readOnly)
    }
    // Somebody else has not been told yet that what is read may be gone.
    session = Session()
    #expect(code { () throws(QrrotError) in try run(.get, "b", on: engine) } == .unknownOutcome)
    #expect(try run(.get, "b", on: engine) == "2")
    try engine.close()
  }

  // The same suite printed `can't sync db/log-0000000001.tmp`, the name that the file had only while it
  // was made.
  @Test("errors name the log by the name that it has")
  mutating func names() throws {
    let disk = TestDisk(folder: testFolder)
    let (engine, _) = try LocalEngine.open(DiskPath(Array(testFolder.utf8)), on: disk)
    for operation in [DiskError.Operation.write, .sync] {
      disk.failAll(operation, with: EIO)
      do throws(QrrotError) {
        _ = try run(.put, "a", "1", on: engine)
        Issue.record("a \(operation.rawValue) that fails is not noticed")
      } catch {
        #expect(error.message.contains(" \(testFolder)/log-0000000001: "))
      }
      disk.failAll(operation, with: nil)
    }
    try engine.close()
  }

  private func code(_ body: () throws(QrrotError) -> String) -> QrrotError.Code? {
    do throws(QrrotError) {
      _ = try body()
      return nil
    } catch {
      return error.code
    }
  }
}
