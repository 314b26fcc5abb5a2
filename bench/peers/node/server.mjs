// The official server as its documentation shows it: tokens checked with HMAC-SHA256, five rooms a client, one event to one room.
// No database. RECOVERY=1 turns connection state recovery on.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const secret = process.env.JWT_SECRET;

function claims(token) {
  const [head, body, tag] = String(token).split('.');
  const expected = createHmac('sha256', secret).update(`${head}.${body}`).digest();
  const given = Buffer.from(tag ?? '', 'base64url');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const said = JSON.parse(Buffer.from(body, 'base64url').toString());
  return said.exp > Date.now() / 1000 ? said : undefined;
}

const http = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (part) => (body += part));
  request.on('end', () => {
    const at = process.hrtime.bigint();
    io.to('students').emit('downloads:updated', JSON.parse(body));
    response.end(`at ${at}`);
  });
});
http.keepAliveTimeout = 0;
http.requestTimeout = 0;

const io = new Server(http, {
  transports: ['websocket'],
  serveClient: false,
  ...(process.env.RECOVERY ? { connectionStateRecovery: { maxDisconnectionDuration: 120_000 } } : {}),
});
io.use((socket, next) => {
  socket.data.claims = claims(socket.handshake.auth.token);
  next(socket.data.claims ? undefined : new Error('auth.token_invalid'));
});
io.on('connection', (socket) => {
  const { userId } = socket.data.claims;
  socket.join([`user:${userId}`, 'students', 'course:gnm', 'year:2025', 'semester:3']);
});
http.listen(Number(process.env.PORT), '127.0.0.1');
