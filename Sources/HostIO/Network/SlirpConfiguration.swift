import CSlirp
import Glibc

extension UserNetworkSettings {
  /// Calls something with the settings in libslirp's form, which are valid during the call.
  ///
  /// Sound: every pointer is to a copy made here, freed after the call.
  func withConfiguration<Result>(_ body: (UnsafePointer<SlirpConfig>) -> Result) -> Result {
    var copies: [UnsafeMutablePointer<CChar>] = []
    defer { for copy in copies { free(copy) } }
    func copy(_ text: String?) -> UnsafePointer<CChar>? {
      guard let text, let made = strdup(text) else { return nil }
      copies.append(made)
      return UnsafePointer(made)
    }
    var configuration = SlirpConfig()
    // The version that has `timer_new_opaque`.
    configuration.version = 4
    configuration.restricted = isRestricted ? 1 : 0
    setAddresses(&configuration)
    configuration.vhostname = copy(hostName)
    configuration.tftp_server_name = copy(tftpServerName)
    configuration.tftp_path = copy(tftpFolder)
    configuration.bootfile = copy(bootFile)
    configuration.vdomainname = copy(domainName)
    var domains = searchDomains.map { copy($0) } + [nil]
    return domains.withUnsafeMutableBufferPointer { list in
      if !searchDomains.isEmpty { configuration.vdnssearch = list.baseAddress }
      return body(&configuration)
    }
  }

  private func setAddresses(_ configuration: inout SlirpConfig) {
    let four = internet ?? Internet()
    configuration.in_enabled = internet != nil
    configuration.vnetwork = four.network.hostForm
    configuration.vnetmask = InternetAddress(four.mask).hostForm
    configuration.vhost = four.host.hostForm
    configuration.vdhcp_start = four.firstGuest.hostForm
    configuration.vnameserver = four.nameServer.hostForm
    let six = internet6 ?? Internet6()
    configuration.in6_enabled = internet6 != nil
    configuration.vprefix_addr6 = six.prefix.hostForm
    configuration.vprefix_len = UInt8(six.prefixLength)
    configuration.vhost6 = six.host.hostForm
    configuration.vnameserver6 = six.nameServer.hostForm
  }
}
