public import QrrotAgent
internal import QrrotCore

extension ProviderDirectory {
  /// The key for a provider, and where it is from: typed, out of the file that was named, or from the
  /// provider's own variable; nil if there is none.
  ///
  /// - Parameter format: whose key; nil for a server of this machine, which no variable holds a key for.
  /// - Throws: `io`, `refused`: a key that can't be used.
  func key(
    for format: WireFormat?, _ configuration: ModelConfiguration
  ) throws(QrrotError) -> (secret: Secret, source: String)? {
    if let typed = configuration.typedKey, WireFormat(typed.provider) == format,
      typed.provider != .auto
    {
      let source = "the typed key"
      return (try KeyReading.key(typed.key.text, from: source), source)
    }
    if let file = configuration.keyFile {
      return (try KeyReading.key(inFile: file), "the key file \(file)")
    }
    guard let format, let text = environmentKey(format) else { return nil }
    return (try KeyReading.key(text, from: format.keyVariable), format.keyVariable)
  }

  /// What a provider's variable holds, unless it is empty or blank.
  func environmentKey(_ format: WireFormat) -> String? {
    guard let text = environment[format.keyVariable], text.utf8.contains(where: { $0 > 0x20 })
    else { return nil }
    return text
  }

  /// The keys of all three variables, of the key file and as typed, and the proxy's password: also those
  /// that can't be used as they are.
  public func secrets(_ configuration: ModelConfiguration) -> [Secret] {
    var secrets: [Secret] = []
    for format in WireFormat.allCases {
      guard let text = environmentKey(format) else { continue }
      // One that can't be used is none the less a key.
      let key = try? KeyReading.key(text, from: format.keyVariable)
      secrets.append(key ?? Secret(text))
    }
    if let file = configuration.keyFile, let key = try? KeyReading.key(inFile: file) {
      secrets.append(key)
    }
    if let typed = configuration.typedKey {
      secrets.append((try? KeyReading.key(typed.key.text, from: "")) ?? typed.key)
    }
    if let password = ProxySettings(environment: environment).password {
      secrets.append(Secret(password))
    }
    return secrets
  }
}
