/// What TLS' library says of a failure.
package enum TLSReason {
  /// BoringSSL's own name for a reason, such as `unsupported protocol`, out of an error's description, which
  /// is full of places in its source; all of the description if there is none.
  package static func text(in description: String) -> String {
    let words = description.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
    let names = words.filter { $0.contains("_") && $0 == $0.uppercased() }
    guard let name = names.last else { return description }
    return String(name.lowercased().map { $0 == "_" ? " " : $0 })
  }
}
