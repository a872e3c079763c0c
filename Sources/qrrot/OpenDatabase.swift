import QrrotCore
import QrrotShell
import QrrotStore
import SystemPackage

/// Opening what the command line names.
enum OpenDatabase {
  /// What to open, and how, as far as the command line says.
  struct Request {
    /// The folder; nil for an empty database in memory.
    var database: String?
    var memoryLimit: Int?
    var isReadOnly = false
    var fsync: SyncPolicy?
    /// Told what there is to know about the database; nil to print it.
    var onNote: ((String) -> Void)?
    /// Called from time to time while the files are read.
    var onProgress: (() -> Void)?
  }

  /// The limit for the data, where the command line does not say it.
  static func memoryLimit(_ wanted: Int?, _ settings: Settings) -> Int {
    wanted ?? settings.memoryLimit ?? SystemMemory.defaultLimit
  }

  /// The sync policy, where the command line does not say it.
  static func policy(_ wanted: SyncPolicy?, _ settings: Settings) -> SyncPolicy {
    wanted ?? settings.fsync.flatMap(SyncPolicy.init(rawValue:)) ?? .always
  }

  /// Opens the folder with a progress bar, or makes an empty database in memory where none is named.
  static func open(
    _ request: Request, _ setup: Setup
  ) throws(QrrotError) -> LocalEngine {
    let (settings, console) = (setup.settings, setup.console)
    var options = LocalEngine.OpenOptions()
    options.memoryLimit = memoryLimit(request.memoryLimit, settings)
    options.isReadOnly = request.isReadOnly || settings.isReadOnly == true
    options.policy = policy(request.fsync, settings)
    guard let database = request.database else {
      return LocalEngine(memoryLimit: options.memoryLimit)
    }
    let bar = WorkBar(
      "opening \(name(database))", unit: "bytes", on: console, interrupt: setup.signals.interrupt)
    defer { bar.end() }
    let (engine, report) = try LocalEngine.open(RawArgument.bytes(of: database), options) {
      (done: Int64, total: Int64) throws(QrrotError) in
      request.onProgress?()
      try bar.update(done: Int(clamping: done), total: Int(clamping: total))
    }
    for text in report.notes {
      if let note = request.onNote { note(text) } else { try? console.note(text) }
    }
    return engine
  }

  /// What the prompt calls it: the last part of the path.
  static func name(_ database: String) -> String {
    FilePath(database).lastComponent?.string ?? database
  }
}
