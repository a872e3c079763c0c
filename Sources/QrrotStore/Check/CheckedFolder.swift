internal import QrrotCore

/// The files of a folder that is being checked, and how far that has come.
struct CheckedFolder {
  let folder: any DiskFolder
  /// The same to read from: what can be told of damaged headers is mended in it.
  var view: MendedFolder
  let names: [String]
  /// In order.
  let snapshots: [UInt64]
  let logs: [UInt64]
  let progress: CheckProgress

  init(
    _ folder: any DiskFolder, report: @escaping (Int64, Int64) throws(QrrotError) -> Void
  ) throws(DiskError) {
    self.folder = folder
    view = MendedFolder(base: folder)
    names = try folder.names().sorted()
    snapshots = names.compactMap(StoreFileName.snapshotNumber).sorted()
    logs = names.compactMap(StoreFileName.logNumber).sorted()
    var total: Int64 = 0
    for name in snapshots.map(StoreFileName.snapshot) + logs.map(StoreFileName.log) {
      total += try folder.status(of: name).byteCount
    }
    progress = CheckProgress(total: total, report)
  }

  func path(_ name: String) -> String { folder.path.appending(name).description }

  func open(_ name: String) throws(StorageError) -> any DiskFile {
    try StorageError.reading { () throws(DiskError) in try view.open(name, .read) }
  }

  func byteCount(_ name: String) throws(QrrotError) -> Int64 {
    do throws(DiskError) {
      return try folder.status(of: name).byteCount
    } catch {
      throw error.qrrotError
    }
  }

  /// The files of a repair that was not finished: the number of its snapshot.
  var unfinishedRepair: UInt64? {
    names.compactMap { name in
      guard name.hasSuffix(Self.repairedSuffix) else { return nil }
      return StoreFileName.snapshotNumber(String(name.dropLast(Self.repairedSuffix.count)))
    }.max()
  }

  /// What a repair calls its snapshot until all that is damaged has been put aside.
  static func repaired(_ number: UInt64) -> String {
    StoreFileName.snapshot(number) + repairedSuffix
  }

  private static let repairedSuffix = ".repaired"
}

/// How far a check has come, over all files.
final class CheckProgress {
  private let total: Int64
  private var before: Int64 = 0
  private let report: (Int64, Int64) throws(QrrotError) -> Void

  init(total: Int64, _ report: @escaping (Int64, Int64) throws(QrrotError) -> Void) {
    self.total = total
    self.report = report
  }

  /// So many bytes of the present file have been read.
  func update(_ done: Int64) throws(QrrotError) { try report(min(total, before + done), total) }

  /// A file of this size is done.
  func finish(_ byteCount: Int64) { before += byteCount }
}
