/** Why a program cannot listen, in words instead of the system's abbreviation. */

/** What the error means, and what to do. */
export function listenFault(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return 'another program listens there, perhaps another node: stop it, or name another port';
    case 'EADDRNOTAVAIL':
      return 'this machine does not have that address: name one of its own, or 0.0.0.0 for all of IPv4';
    case 'EACCES':
      return 'this user may not use that port: name one from 1024 on';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'there is no such host';
    default:
      return error.message;
  }
}
