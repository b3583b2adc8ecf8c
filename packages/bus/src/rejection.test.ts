import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { isNotNow, NotYet, Rejection } from './rejection.ts';

const coded = (code: string, message = 'something') => Object.assign(new Error(message), { code });

describe('the world is at fault, and the same is tried again, when', () => {
  test.each([
    ['the server is shutting down', coded('57P01')],
    ['a statement took too long', coded('57014')],
    ['there was a deadlock', coded('40P01')],
    ['transactions could not be put in a row', coded('40001')],
    ['a lock was not had in time', coded('55P03')],
    ['a session idled in its transaction', coded('25P03')],
    ['the server only reads', coded('25006')],
    ['there are too many connections', coded('53300')],
    ['the disk is full', coded('53100')],
    ['the password is being changed', coded('28P01')],
    ['the database is not there', coded('3D000')],
    ['nobody listens', coded('ECONNREFUSED')],
    ['the connection was cut', coded('ECONNRESET')],
    ['the pool waited too long', new Error('timeout exceeded when trying to connect')],
    ['the connection went away', new Error('Connection terminated unexpectedly')],
    ['the connection was broken before', new Error('Client has encountered a connection error and is not queryable')],
    ['something has not arrived yet', new NotYet('no policy yet')],
    ['any of that is the cause', new Error('loading the cases', { cause: coded('40001') })],
  ])('%s', (_, error) => expect(isNotNow(error)).toBe(true));
});

describe('the event is at fault when', () => {
  test.each([
    ['it is refused', new Rejection('no', 'no')],
    ['the code is wrong', new TypeError('x is not a function')],
    ['Node says an argument is wrong', coded('ERR_INVALID_ARG_TYPE')],
    ['a constraint is broken', Object.assign(new pg.DatabaseError('duplicate key', 1, 'error'), { code: '23505' })],
    ['a text holds what the database cannot', coded('22021')],
    ['a column does not exist', coded('42703')],
    ['something else was thrown', 'a string'],
    ['any of that is the cause', new Error('saving the case', { cause: coded('23505') })],
  ])('%s', (_, error) => expect(isNotNow(error)).toBe(false));
});
