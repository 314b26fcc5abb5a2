import type { AttendedClass, AttendanceStatus } from '../../kit/wire.ts';
import { weeks, worst } from './weeks.ts';
import { tone } from './words.ts';
import classes from './attendance.module.css';

const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

export function Calendar({ year, month, today, records }: { year: number; month: number; today: string; records: AttendedClass[] }) {
  const byDay = new Map<string, AttendanceStatus[]>();
  for (const { date, status } of records) byDay.set(date, [...(byDay.get(date) ?? []), status]);
  return (
    <table className={classes.calendar}>
      <caption className={classes.caption}>Attendance by day</caption>
      <thead><tr>{days.map((day) => <th key={day} scope="col">{day}</th>)}</tr></thead>
      <tbody>
        {weeks(year, month).map((week, index) => (
          <tr key={index}>
            {week.map((date, column) => {
              if (date === null) return <td key={column} />;
              const statuses = byDay.get(date) ?? [];
              const shown = worst(statuses);
              return (
                <td key={column}>
                  <div className={classes.cell} data-tone={tone(shown)} data-today={date === today || undefined}>
                    <span>{Number(date.slice(8))}</span>
                    <small>{shown === null ? '' : shown === 'Medical Leave' ? 'Leave' : shown}</small>
                  </div>
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
