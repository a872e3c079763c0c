internal import QrrotCore
internal import SystemPackage

/// `save` and `load`. Their files are relative to the current folder, wherever the command stands.
extension Shell {
  func save(_ command: Command, at place: Place?) async throws(ShellStop) -> Outcome {
    do throws(QrrotError) {
      if command.arguments.isEmpty {
        try await withBar("saving", unit: "keys") { bar throws(QrrotError) in
          try await engine.save(in: &session) { done, total throws(QrrotError) in
            try bar.update(done: done, total: total)
          }
        }
      } else {
        let path = try file(of: command)
        do throws(QrrotError) {
          try await save(to: path, replacing: options.assumesYes)
        } catch  where error.detail == .fileExists {
          try confirm(
            "\(path.string) is there already", "Replace it?", refusal: "nothing was saved")
          try await save(to: path, replacing: true)
        }
      }
    } catch {
      return try fail(error, at: place)
    }
    try console.print(Reply())
    return .succeeded
  }

  private func save(to path: FilePath, replacing: Bool) async throws(QrrotError) {
    try await withBar("saving", unit: "keys") { bar throws(QrrotError) in
      _ = try await engine.save(to: path.bytes, replacing: replacing) {
        done, total throws(QrrotError) in
        try bar.update(done: done, total: total)
      }
    }
  }

  func load(_ command: Command, at place: Place?) async throws(ShellStop) -> Outcome {
    let count: Int
    do throws(QrrotError) {
      let path = try file(of: command)
      do throws(QrrotError) {
        count = try await load(path, replacing: false)
      } catch {
        guard case .replacesData(let old, let new)? = error.detail else { throw error }
        let text =
          "load replaces \(Self.keys(old)) by \(Progress.grouped(new)); undo can't bring them back"
        if options.assumesYes {
          try? console.note(text)
        } else {
          try confirm(text, "Load?", refusal: "nothing was changed")
        }
        count = try await load(path, replacing: true)
      }
    } catch {
      return try fail(error, at: place)
    }
    var reply = Reply()
    reply.set(integer: Int64(count))
    try console.print(reply)
    return .succeeded
  }

  private func load(_ path: FilePath, replacing: Bool) async throws(QrrotError) -> Int {
    try await withBar("loading", unit: "bytes") { bar throws(QrrotError) in
      try await engine.load(from: path.bytes, replacing: replacing, in: &session) {
        done, total throws(QrrotError) in
        try bar.update(done: done, total: total)
      }
    }
  }

  /// Runs `body` with a bar that is wiped whatever comes of it.
  func withBar<R>(
    _ label: String, unit: String, _ body: (WorkBar) async throws(QrrotError) -> R
  ) async throws(QrrotError) -> R {
    let bar = WorkBar(label, unit: unit, on: console, interrupt: signals.interrupt)
    defer { bar.end() }
    return try await body(bar)
  }

  /// Asks a person; goes on only after a yes.
  ///
  /// - Throws: `refused`, with what to do where nobody can be asked.
  func confirm(
    _ text: String, _ question: String, refusal: String
  ) throws(QrrotError) {
    guard canAsk else {
      throw QrrotError(.refused, "\(text); without a terminal that needs --yes, \(refusal)")
    }
    let isYes: Bool
    // A terminal that went away says no; the session ends at its next command.
    do throws(ShellStop) { isYes = try ask("\(text). \(question) [y]es [n]o ") } catch {
      isYes = false
    }
    guard isYes else { throw QrrotError(.refused, "not confirmed, \(refusal)") }
  }

  private static func keys(_ count: Int) -> String {
    "\(Progress.grouped(count)) key\(count == 1 ? "" : "s")"
  }
}

extension FilePath {
  /// The path as the operating system takes it.
  fileprivate var bytes: [UInt8] {
    withPlatformString { text in
      var bytes: [UInt8] = []
      var next = text
      while next.pointee != 0 {
        bytes.append(UInt8(bitPattern: next.pointee))
        next += 1
      }
      return bytes
    }
  }
}
