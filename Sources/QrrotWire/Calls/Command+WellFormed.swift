public import QrrotCore

/// What the parser makes sure of, for commands that somebody else has made.
extension Command {
  /// Checks that this is a command of an engine as the parser could have made it: its arguments, their
  /// kinds, their order and their bounds. Patterns, filters and the paths of queries are for the engine.
  ///
  /// - Throws: `refused` for a word of the shell, `arity`, `type`, `syntax`, `range`, `too-large`,
  ///   `path`.
  public func requireWellFormed() throws(QrrotError) {
    let spec = name.spec
    guard spec.access != .shell else {
      throw QrrotError(.refused, "\(name.text) is a word of the shell")
    }
    for (index, argument) in arguments.enumerated() { try requireBounds(argument, index) }
    if !spec.clauses.isEmpty {
      try requireQuery(spec)
    } else if arguments.count > 1, arguments[1].kind == .path {
      try requirePathForm(spec)
    } else {
      guard (spec.minimumArgumentCount...spec.maximumArgumentCount).contains(arguments.count)
      else { throw malformed(.arity) }
      for index in arguments.indices {
        try require(argument: index, fits: spec.parameter(at: index))
      }
    }
  }

  private func requireBounds(_ argument: Argument, _ index: Int) throws(QrrotError) {
    switch argument.kind {
    case .key:
      guard argument.byteCount > 0 else {
        throw QrrotError(.syntax, "a key has at least one byte")
      }
      guard argument.byteCount <= Limits.keyByteCount else {
        throw QrrotError(
          .tooLarge,
          "a key may be \(Limits.keyByteCount) bytes long; this one has \(argument.byteCount)")
      }
    case .value, .text, .word, .option, .number: break
    case .pattern, .path, .clause:
      guard argument.byteCount <= Self.textByteLimit else {
        throw QrrotError(
          .tooLarge, "\(name.text): a pattern, a path or a filter of \(argument.byteCount) bytes")
      }
    }
  }

  /// What a line of the network may have.
  private static var textByteLimit: Int { 1 << 20 }

  private func require(
    argument index: Int, fits parameter: CommandSpec.Parameter?
  ) throws(QrrotError) {
    guard let parameter else { throw malformed(.arity) }
    let argument = arguments[index]
    switch (parameter.kind, argument.kind) {
    case (.key, .key), (.pattern, .pattern), (.value, .value): break
    case (.number(let bounds), .number):
      guard bounds.contains(argument.integer) else {
        throw QrrotError(
          .range,
          "\(name.text): \(parameter.name) is an integer of at least \(bounds.lowerBound) and at most \(bounds.upperBound), not \(argument.integer)"
        )
      }
    default: throw malformed(.type)
    }
  }

  private func requirePathForm(_ spec: CommandSpec) throws(QrrotError) {
    guard arguments[0].kind == .key else { throw malformed(.type) }
    let count = arguments.count
    switch spec.pathForm {
    case .never: throw malformed(.type)
    case .always, .ifAlikeAndLast: guard count == 2 else { throw malformed(.arity) }
    case .beforeValue:
      guard count == 3, arguments[2].kind == .value(.json) else { throw malformed(.arity) }
    case .ifAlike:
      guard count <= 3 else { throw malformed(.arity) }
      if count == 3 { try require(argument: 2, fits: spec.parameter(at: 1)) }
    }
    _ = try JSONPath(content(1))
  }

  private func requireQuery(_ spec: CommandSpec) throws(QrrotError) {
    var index = 0
    for parameter in spec.parameters {
      let kind: Argument.Kind = parameter.kind == .path ? .path : .pattern
      if index < arguments.count, arguments[index].kind == kind {
        index += 1
      } else if !parameter.isOptional {
        throw malformed(.arity)
      }
    }
    var last: CommandSpec.Clause?
    for index in index..<arguments.count {
      guard case .clause(let part) = arguments[index].kind else { throw malformed(.type) }
      let clause = part.clause
      guard spec.clauses.contains(clause) else { throw malformed(.syntax) }
      if let last, last.rawValue >= clause.rawValue {
        guard last == clause, clause == .select else { throw malformed(.syntax) }
      }
      last = clause
      try requirePart(part, index)
    }
  }

  private func requirePart(_ part: QueryPart, _ index: Int) throws(QrrotError) {
    let argument = arguments[index]
    switch part {
    case .columnName:
      guard index > 0, arguments[index - 1].kind == .clause(.column), argument.byteCount > 0,
        Escaping.isValidUTF8(bytes[argument.range].span)
      else { throw malformed(.syntax) }
    case .limit: guard argument.integer >= 0 else { throw malformed(.range) }
    case .filter: guard argument.byteCount > 0 else { throw malformed(.syntax) }
    case .column, .group, .ascending, .descending: break
    }
  }

  private func malformed(_ code: QrrotError.Code) -> QrrotError {
    QrrotError(code, "usage: \(name.spec.usage)")
  }
}

extension QueryPart {
  fileprivate var clause: CommandSpec.Clause {
    switch self {
    case .filter: .filter
    case .column, .columnName: .select
    case .group: .group
    case .ascending, .descending: .order
    case .limit: .limit
    }
  }
}
