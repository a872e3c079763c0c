internal import QrrotCore

/// What it takes to begin to write to a database that was opened on a full disk.
struct Postponement: Sendable {
  let folder: DatabaseFolder
  let finding: Recovery.Finding
  let options: LocalEngine.OpenOptions
  /// What makes commits durable, once there was room.
  var durability: Durability?
}

extension LocalEngine {
  /// Begins to write if there is room by now; if not, the write that asked for it says so.
  func beginWriting(_ postponement: Guarded<Postponement>) {
    let hasBegun = postponement.withLock { postponement in
      guard postponement.durability == nil else { return false }
      // What there is to tell was told when the database was opened.
      var notes: [String] = []
      let durability = try? Self.makeDurability(
        postponement.folder, postponement.finding, postponement.options, notes: &notes)
      guard let durability else { return false }
      locked { state in
        state.log = durability.log
        state.refusal = nil
      }
      postponement.durability = durability
      return true
    }
    if hasBegun { startBackgroundThreads() }
  }
}
