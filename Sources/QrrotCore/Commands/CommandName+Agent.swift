extension CommandName {
  /// Why a model may not give this command; nil if it may.
  ///
  /// A model has commands that read or change data, and those alone: what is open to it follows from
  /// ``access``, but for the few that say more or less than their access does.
  public var agentRefusal: String? {
    switch self {
    case .undo: return "undo is for the person: write the value that is wanted instead"
    case .info: return "info tells of this machine, not of the data; size counts the keys"
    default: break
    }
    switch access {
    case .read, .write: return nil
    case .transaction:
      return "\(text) is not for a model: all of a request is one transaction already"
    case .shell: return "\(text) is a word of the shell, not a command on data"
    }
  }
}
