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

/// What a disk that is full, broken or gone does to an open database, as DURABILITY.md promises.
@Suite struct EngineFailureTests {
  private static func code(_ body: () throws(QrrotError) -> Void) -> QrrotError.Code? {
    do throws(QrrotError) {
      try body()
      return nil
    } catch {
      return error.code
    }
  }

  private static func syncCount(_ disk: TestDisk) -> Int {
    disk.calls.count { $0.operation == .sync && $0.file.contains("/log-") }
  }

  @Test(
    "on a full disk writes fail, reads go on, and writing resumes when there is room",
    arguments: SyncPolicy.allCases)
  func fullDisk(policy: SyncPolicy) throws {
    for room in stride(from: 0, to: 300, by: 7) {
      let disk = TestDisk(folder: testFolder)
      let engine = try disk.engine(policy)
      var session = Session()
      try engine.put("before", "1", in: &session)
      disk.setCapacity(disk.files.values.reduce(0) { $0 + $1.count } + room)
      var failure: QrrotError.Code?
      var written = 0
      while failure == nil, written < 20 {
        let (content, files) = (engine.content, disk.files)
        failure = Self.code { () throws(QrrotError) in
          try engine.put("key\(written)", "value", in: &session)
        }
        guard failure != nil else {
          written += 1
          continue
        }
        #expect(engine.content == content && disk.files == files)
      }
      #expect(failure == .io)
      #expect(engine.text(of: "before") == "1")
      #expect(Self.code { () throws(QrrotError) in try engine.save() } == .io)
      #expect(Self.code { () throws(QrrotError) in try engine.settle(&session) } == nil)
      disk.setCapacity(nil)
      try engine.put("after", "2", in: &session)
      try engine.save()
      try engine.put("last", "3", in: &session)
      let content = engine.content
      try engine.close()
      let again = try disk.engine(policy)
      #expect(again.content == content)
      try again.close()
    }
  }

  @Test("a write that fails is taken back; if that fails too its outcome is unknown")
  func failedWrite() throws {
    for isCutBack in [true, false] {
      let disk = TestDisk(folder: testFolder)
      let engine = try disk.engine()
      var session = Session()
      try engine.put("a", "1", in: &session)
      let content = engine.content
      // The name is looked at, then comes the write, then the size is looked at, then the cut.
      disk.fail(at: disk.callCount + 2, with: .partial(11, EIO))
      if !isCutBack { disk.fail(at: disk.callCount + 4, with: .error(EIO)) }
      let code = Self.code { () throws(QrrotError) in try engine.put("b", "2", in: &session) }
      #expect(code == (isCutBack ? .io : .unknownOutcome))
      #expect(engine.content == content && engine.text(of: "a") == "1")
      let next = Self.code { () throws(QrrotError) in try engine.put("c", "3", in: &session) }
      #expect(next == (isCutBack ? nil : .readOnly))
      #expect(Self.code { () throws(QrrotError) in try engine.save() } == next)
      try engine.close()
      let again = try disk.engine()
      #expect(again.text(of: "a") == "1" && again.text(of: "b") == nil)
      try again.close()
    }
  }

  // Linux says that a second sync succeeded although the first one lost the data.
  @Test("a sync that fails is not repeated, not even by closing", arguments: SyncPolicy.allCases)
  func failedSync(policy: SyncPolicy) throws {
    let disk = TestDisk(folder: testFolder)
    let engine = try disk.engine(policy)
    var session = Session()
    try engine.put("a", "1", in: &session)
    disk.failAll(.sync, with: EIO)
    let code = Self.code { () throws(QrrotError) in
      try engine.put("b", "2", in: &session)
      // What syncs under the other policies.
      if policy != .always { try engine.save() }
    }
    #expect(code == .unknownOutcome)
    disk.failAll(.sync, with: nil)
    let count = Self.syncCount(disk)
    for _ in 0..<2 {
      let next = Self.code { () throws(QrrotError) in try engine.put("c", "3", in: &session) }
      #expect(next == .readOnly)
    }
    #expect(Self.code { () throws(QrrotError) in try engine.save() } == .readOnly)
    // The session has been told; its reads go on. Another one is told with its first reply.
    #expect(engine.text(of: "b") == "2" && engine.text(of: "c") == nil)
    #expect(Self.code { () throws(QrrotError) in try engine.settle(&session) } == nil)
    var other = Session()
    var reply = Reply()
    try engine.execute(Command(.size), in: &other, into: &reply)
    if policy == .always {
      #expect(
        Self.code { () throws(QrrotError) in try engine.settle(&other) } == .unknownOutcome)
    }
    try engine.execute(Command(.size), in: &other, into: &reply)
    #expect(Self.code { () throws(QrrotError) in try engine.settle(&other) } == nil)
    try engine.close()
    #expect(Self.syncCount(disk) == count)
    var random = SeededGenerator(seed: 1)
    let again = try disk.afterCrash(.dropped, using: &random).engine(policy)
    #expect(again.text(of: "b") == nil && (again.text(of: "a") == "1") == (policy == .always))
    try again.close()
  }

  @Test("a log that has lost its name takes nothing more")
  func lostName() throws {
    for isReplaced in [false, true] {
      let disk = TestDisk(folder: testFolder)
      let engine = try disk.engine()
      var session = Session()
      try engine.put("a", "1", in: &session)
      try disk.folder.remove("log-0000000001")
      if isReplaced { disk.put("log-0000000001", [1, 2, 3], in: testFolder) }
      let content = engine.content
      #expect(
        Self.code { () throws(QrrotError) in try engine.put("b", "2", in: &session) } == .io)
      #expect(
        Self.code { () throws(QrrotError) in try engine.put("b", "2", in: &session) } == .readOnly)
      #expect(engine.content == content && engine.text(of: "a") == "1")
      try engine.close()
      if isReplaced { #expect(disk.bytes("log-0000000001", in: testFolder) == [1, 2, 3]) }
    }
  }

  @Test("a full disk does not keep a database from being read", arguments: [false, true])
  func openingOnFullDisk(isTorn: Bool) throws {
    let disk = TestDisk(folder: testFolder)
    let engine = try disk.engine()
    var session = Session()
    try engine.put("a", "1", in: &session)
    try engine.close()
    if isTorn {
      let log = try disk.folder.open("log-0000000001", .readWrite)
      try log.truncate(to: log.status().byteCount - 3)
    }
    let files = disk.files
    disk.setCapacity(files.values.reduce(0) { $0 + $1.count })
    for _ in 0..<3 {
      let full = try disk.engine()
      #expect(full.text(of: "a") == "1")
      var session = Session()
      #expect(Self.code { () throws(QrrotError) in try full.put("b", "2", in: &session) } == .io)
      #expect(
        Self.code { () throws(QrrotError) in try full.put([1], forKey: "b") } == .io)
      #expect(full.text(of: "b") == nil)
      try full.close()
      #expect(disk.files == files)
    }
    let full = try disk.engine()
    var other = Session()
    #expect(Self.code { () throws(QrrotError) in try full.put("b", "2", in: &other) } == .io)
    #expect(Self.code { () throws(QrrotError) in try full.save() } == .io)
    disk.setCapacity(nil)
    // In the same process, without opening it again.
    try full.put("b", "2", in: &other)
    try full.settle(&other)
    try full.put([3], forKey: "c")
    try full.save()
    try full.close()
    let roomy = try disk.engine()
    #expect(roomy.text(of: "a") == "1" && roomy.text(of: "b") == "2")
    try roomy.put("b", "2", in: &session)
    try roomy.close()
  }

  @Test("reading a torn log changes nothing, and nothing can be written")
  func readOnly() throws {
    let disk = TestDisk(folder: testFolder)
    let engine = try disk.engine(.never)
    var session = Session()
    for number in 0..<4 { try engine.put("key\(number)", "value", in: &session) }
    disk.stop()
    #expect(throws: QrrotError.self) { try engine.close() }
    var random = SeededGenerator(seed: 1)
    let torn = disk.afterCrash(.killed, using: &random)
    let log = try torn.folder.open("log-0000000001", .readWrite)
    try log.truncate(to: log.status().byteCount - 3)
    let files = torn.files
    let reader = try torn.engine(isReadOnly: true)
    #expect(reader.content.version == 3)
    #expect(
      Self.code { () throws(QrrotError) in try reader.put("a", "1", in: &session) } == .readOnly)
    // The embedding interface once wrote to the table of a database that is only read.
    for key in ["key1", "new"] {
      #expect(
        Self.code { () throws(QrrotError) in try reader.put([1, 2, 3, 4, 5], forKey: key) }
          == .readOnly)
    }
    #expect(reader.text(of: "key1") == "value" && reader.text(of: "new") == nil)
    #expect(Self.code { () throws(QrrotError) in try reader.save() } == .refused)
    #expect(Self.code { () throws(QrrotError) in _ = try torn.engine() } == .busy)
    try reader.close()
    #expect(torn.files == files)
    let writer = try torn.engine()
    try writer.close()
  }

  @Test("a closed database can be read, not written, and is free for others")
  func closing() throws {
    let disk = TestDisk(folder: testFolder)
    let engine = try disk.engine()
    var session = Session()
    try engine.put("a", "1", in: &session)
    #expect(Self.code { () throws(QrrotError) in _ = try disk.engine() } == .busy)
    try engine.close()
    try engine.close()
    #expect(
      Self.code { () throws(QrrotError) in try engine.put("b", "2", in: &session) } == .readOnly)
    #expect(
      Self.code { () throws(QrrotError) in try engine.put([1], forKey: "b") } == .readOnly)
    #expect(Self.code { () throws(QrrotError) in try engine.save() } == .readOnly)
    #expect(engine.text(of: "a") == "1")
    // The engine is still there, and the folder was once held as long as it.
    let other = try disk.engine()
    try engine.close()
    #expect(Self.code { () throws(QrrotError) in _ = try disk.engine() } == .busy)
    try other.put("b", "2", in: &session)
    try other.close()
  }

  @Test("opening that fails half-way lets others open", arguments: [true, false])
  func failedOpening(isClosed: Bool) throws {
    let disk = TestDisk(folder: testFolder)
    let engine = try disk.engine()
    var session = Session()
    for number in 0..<50 { try engine.put("key\(number)", "value", in: &session) }
    try engine.close()
    #expect(
      Self.code { () throws(QrrotError) in _ = try disk.engine(memoryLimit: 10) } == .tooLarge)
    #expect(
      Self.code { () throws(QrrotError) in
        _ = try LocalEngine.open(DiskPath(testFolder), on: disk) { _, _ throws(QrrotError) in
          throw QrrotError(.interrupted, "")
        }
      } == .interrupted)
    let reference = disk.callCount
    let last = try disk.engine()
    try last.close()
    for call in 1...(disk.callCount - reference) {
      disk.fail(at: disk.callCount + call, with: .error(EIO))
      var engine: LocalEngine?
      let code = Self.code { () throws(QrrotError) in engine = try disk.engine() }
      #expect(code == nil || code == .io)
      try? engine?.close()
      let again = try disk.engine()
      #expect(again.text(of: "key49") == "value")
      try again.close()
    }
  }

  @Test("closing on a full disk makes everything durable", arguments: SyncPolicy.allCases)
  func closingOnFullDisk(policy: SyncPolicy) throws {
    let disk = TestDisk(folder: testFolder)
    let engine = try disk.engine(policy)
    var session = Session()
    try engine.put("a", "1", in: &session)
    disk.setCapacity(0)
    try engine.close()
    #expect(
      Self.code { () throws(QrrotError) in try engine.put("b", "2", in: &session) } == .readOnly)
    var random = SeededGenerator(seed: 1)
    let again = try disk.afterCrash(.dropped, using: &random).engine()
    #expect(again.text(of: "a") == "1")
    try again.close()
  }

  @Test("what fits into a limit of memory fits again when it is opened")
  func memoryLimit() throws {
    for limit in [200_000, 400_000, 1_000_000] {
      let disk = TestDisk(folder: testFolder)
      let engine = try disk.engine(.never, memoryLimit: limit)
      var number = 0
      while Self.code({ () throws(QrrotError) in
        try engine.put([UInt8](repeating: 1, count: number % 300), forKey: "key\(number)")
      }) == nil { number += 1 }
      #expect(number > 20)
      let content = engine.content
      try engine.close()
      for _ in 0..<2 {
        let again = try disk.engine(.never, memoryLimit: limit)
        #expect(again.content == content)
        try again.save()
        try again.close()
      }
    }
  }
}
